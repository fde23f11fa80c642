-- Who signs in with tokens of an identity provider is (issuer, subject), for ever: a deleted person's stays theirs. `claimed_at` is
-- when the token was issued whose claims the row shows; what an older one says changes nothing.
ALTER TABLE people ADD COLUMN issuer TEXT;
ALTER TABLE people ADD COLUMN subject TEXT CHECK ((issuer IS NULL) = (subject IS NULL));
ALTER TABLE people ADD COLUMN claimed_at INTEGER;
CREATE UNIQUE INDEX people_by_subject ON people (tenant_id, issuer, subject) WHERE issuer IS NOT NULL;

-- Whether tokens say who is in a group. Of its members there may be more tomorrow, whoever signs in.
ALTER TABLE groups ADD COLUMN filled_by_oidc INTEGER NOT NULL DEFAULT 0 CHECK (filled_by_oidc IN (0, 1));
