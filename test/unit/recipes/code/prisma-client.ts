import { generateClient } from '@prisma/client-generator-ts';
import { formatSchema, getDMMF } from '@prisma/internals';

const clientVersion = '7.10.0';

/** Models and enums as a whole schema. */
export function prismaSchemaFile(models: string): string {
  const schemas = [
    ...new Set([...models.matchAll(/@@schema\("((?:[^"\\]|\\.)*)"\)/g)].map(([, name]) => name)),
  ];
  return [
    'datasource db {',
    '  provider = "postgresql"',
    ...(schemas.length > 0 ? [`  schemas  = [${schemas.map((one) => `"${one}"`).join(', ')}]`] : []),
    '}',
    '',
    models.trim(),
    '',
  ].join('\n');
}

/** As `prisma format` lays it out; rejects where it is no schema. */
export async function formatted(schema: string): Promise<string> {
  const [file] = await formatSchema(
    { schemas: [['schema.prisma', schema]] },
    { tabSize: 2, insertSpaces: true },
  );
  return file?.[1] ?? '';
}

/** What `prisma generate` writes for the generator `prisma-client`, without its program: rejects where the schema is wrong. */
export async function generatePrismaClient(schema: string, folder: string): Promise<void> {
  const value = { value: folder, fromEnvVar: null };
  await generateClient({
    datamodel: schema,
    schemaPath: `${folder}/schema.prisma`,
    runtimeBase: '@prisma/client/runtime',
    outputDir: folder,
    generator: {
      name: 'client',
      provider: { value: 'prisma-client', fromEnvVar: null },
      output: value,
      config: {},
      binaryTargets: [],
      previewFeatures: [],
      sourceFilePath: '',
    },
    dmmf: await getDMMF({ datamodel: [['schema.prisma', schema]] }),
    datasources: [
      {
        name: 'db',
        provider: 'postgresql',
        activeProvider: 'postgresql',
        schemas: [],
        sourceFilePath: '',
      },
    ],
    binaryPaths: {},
    engineVersion: '',
    clientVersion,
    activeProvider: 'postgresql',
    target: 'nodejs',
    generatedFileExtension: 'ts',
    importFileExtension: '',
    moduleFormat: 'esm',
    tsNoCheckPreamble: true,
    compilerBuild: 'small',
  });
}
