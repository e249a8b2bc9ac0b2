import type { Language } from '../base/language.ts'
import type { MailContent } from './queue.ts'

export interface MailTexts {
  readonly subject: string
  readonly reason: string
  /** Of the button that leads to the page. */
  readonly button?: string
  readonly validity?: string
  readonly otherwise: string
}

export interface MailWords extends Readonly<Record<MailContent['kind'], MailTexts>> {
  readonly greeting: string
  readonly code: string
  readonly automatic: string
}

/** All fixed words of the mails; `{name}` and `{issuer}` are filled in. */
export const MAIL_WORDS: Readonly<Record<Language, MailWords>> = {
  en: {
    greeting: 'Hello {name},',
    code: 'Your code:',
    automatic: 'This mail was sent automatically. Please do not reply to it.',
    confirmEmail: {
      subject: 'Confirm your e-mail address',
      reason:
        'An account with this e-mail address was requested at {issuer}. If that was you, please confirm the address.',
      button: 'Confirm the e-mail address',
      validity: 'The code is valid for 24 hours. Enter it only where you have registered yourself.',
      otherwise: 'If it was not you, ignore this mail and give the code to nobody. Without it nobody can sign in.'
    },
    resetPassword: {
      subject: 'Choose a new password',
      reason: 'You have asked {issuer} for a new password. Use the code to choose one.',
      button: 'Choose a new password',
      validity: 'The code is valid for one hour.',
      otherwise: 'If you have not asked for it, ignore this mail. Your password stays as it is.'
    },
    passwordChanged: {
      subject: 'Your password was changed',
      reason: 'The password of your account with {issuer} was changed.',
      otherwise: 'If it was not you who changed it, reset your password at once and get in touch with {issuer}.'
    }
  },
  de: {
    greeting: 'Guten Tag {name},',
    code: 'Ihr Code:',
    automatic: 'Diese E-Mail wurde automatisch versendet. Bitte antworten Sie nicht darauf.',
    confirmEmail: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      reason:
        'Bei {issuer} wurde ein Konto mit dieser Adresse beantragt. Falls Sie das waren, bestätigen Sie sie bitte.',
      button: 'E-Mail-Adresse bestätigen',
      validity: 'Der Code gilt 24 Stunden. Geben Sie ihn nur dort ein, wo Sie sich selbst registriert haben.',
      otherwise:
        'Falls nicht, ignorieren Sie diese E-Mail und geben den Code niemandem. Ohne ihn kann sich niemand anmelden.'
    },
    resetPassword: {
      subject: 'Wählen Sie ein neues Passwort',
      reason: 'Sie haben bei {issuer} ein neues Passwort angefordert. Mit dem Code können Sie es wählen.',
      button: 'Neues Passwort wählen',
      validity: 'Der Code gilt eine Stunde.',
      otherwise:
        'Falls Sie kein neues Passwort angefordert haben, ignorieren Sie diese E-Mail. Ihr Passwort bleibt, wie es ist.'
    },
    passwordChanged: {
      subject: 'Ihr Passwort wurde geändert',
      reason: 'Das Passwort Ihres Kundenkontos bei {issuer} wurde geändert.',
      otherwise:
        'Falls Sie das nicht selbst waren, setzen Sie Ihr Passwort sofort zurück und wenden Sie sich an {issuer}.'
    }
  },
  fr: {
    greeting: 'Bonjour {name},',
    code: 'Votre code :',
    automatic: 'Ce message a été envoyé automatiquement. Merci de ne pas y répondre.',
    confirmEmail: {
      subject: 'Confirmez votre adresse e-mail',
      reason: 'Un compte avec cette adresse a été demandé auprès de {issuer}. Si c’était vous, veuillez la confirmer.',
      button: 'Confirmer l’adresse e-mail',
      validity: 'Le code est valable 24 heures. Saisissez-le uniquement là où vous vous êtes vous-même inscrit(e).',
      otherwise: 'Sinon, ignorez ce message et ne donnez le code à personne. Sans lui, personne ne peut se connecter.'
    },
    resetPassword: {
      subject: 'Choisissez un nouveau mot de passe',
      reason:
        'Vous avez demandé un nouveau mot de passe auprès de {issuer}. Ce code vous permet d’en choisir un nouveau.',
      button: 'Choisir un nouveau mot de passe',
      validity: 'Le code est valable une heure.',
      otherwise: 'Si vous n’avez rien demandé, ignorez ce message. Votre mot de passe reste inchangé.'
    },
    passwordChanged: {
      subject: 'Votre mot de passe a été modifié',
      reason: 'Le mot de passe de votre compte client auprès de {issuer} a été modifié.',
      otherwise:
        'Si vous n’êtes pas à l’origine de cette modification, réinitialisez-le sans attendre et contactez {issuer}.'
    }
  }
}
