/** The migration that this code needs to have been applied, by its file's name: the last one. */
export const latestMigration = '0014_kept_clocks.sql'
