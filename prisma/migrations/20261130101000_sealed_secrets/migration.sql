-- Sealed values are text; those of before are sealed by `secrets rotate`.
ALTER TABLE "signing_key" ALTER COLUMN "private_jwk" TYPE TEXT COLLATE "C" USING "private_jwk"::text;
