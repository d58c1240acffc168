// What bundlers and TypeScript's runners add to Node: `import "./file"` finds `./file.js`.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const hasNoEnding = specifier.startsWith("./") && !specifier.slice(2).includes(".");
    return next(hasNoEnding ? `${specifier}.js` : specifier, context);
  },
});
