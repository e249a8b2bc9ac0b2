import { is, messages } from './message.ts'

export const RESOURCES = messages('resource', {
  notFound: is.notFound`There is no ${'customerBill'} with this id`,
  unknownName: is.notFound`There is no ${'user'} ${'"ada"'} in this tenant`,
  exists: is.conflict`There is a ${'billCycle'} with this ${'name'} already`,
  referredTo: is.conflict`This ${'billCycle'} cannot be deleted: at least one ${'customerBill'} refers to it`,
  wrongTransition: is.conflict`A ${'customerBill'} in state ${'new'} cannot go to ${'settled'}; it may go to
    ${['validated']}`,
  finalState: is.conflict`A ${'customerBill'} in state ${'settled'} cannot go to ${'new'}; ${'settled'} is final`
})
