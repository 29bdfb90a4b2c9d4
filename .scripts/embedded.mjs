// Builds dist/embedded/: the embedded Postgres, its worker and the data directory it starts from.
export async function buildEmbedded() {}
