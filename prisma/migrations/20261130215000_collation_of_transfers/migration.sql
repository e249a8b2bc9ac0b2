-- By hand: the schema does not declare collations.
ALTER TABLE "transfer" ALTER COLUMN "description" TYPE TEXT COLLATE "C";
