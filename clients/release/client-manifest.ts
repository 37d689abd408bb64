// The manifest of the built client, and the names of its files.

/** The files of the built package that a program loads, and their declarations. */
export const files = {
  /** CommonJS: what `require` loads, and what the other two stand for. */
  commonJs: "client.js",
  /** The names of the CommonJS file for `import` in Node. A program that imports and requires so has one copy of each class. */
  esModule: "client.mjs",
  /** One ES module without CommonJS, for bundlers. They take it for `import` and for `require`, so they have one copy too. */
  bundlerModule: "bundler.mjs",
  types: "types/entry.d.ts",
  /** The same declarations. The compiler reads the kind of a module from the ending. */
  esTypes: "types/entry.d.mts",
} as const;

/** The manifest of the sources, with the built files in place of the sources. */
export function clientManifest(manifest: string): object {
  const { type: _type, ...kept } = JSON.parse(manifest) as Record<string, unknown>;
  const way = (types: string, file: string) => ({
    types: `./${types}`,
    module: `./${files.bundlerModule}`,
    default: `./${file}`,
  });
  return {
    ...kept,
    type: "commonjs",
    // Tools that know no `exports` read these two.
    main: `./${files.commonJs}`,
    types: `./${files.types}`,
    exports: {
      ".": { import: way(files.esTypes, files.esModule), require: way(files.types, files.commonJs) },
      "./package.json": "./package.json",
    },
    sideEffects: false,
    files: [files.commonJs, files.esModule, files.bundlerModule, "types", "README.md", "LICENSE"],
  };
}
