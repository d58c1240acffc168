// Serves the front end, with the API of the server at API below its own origin. Pages that need a session are guarded as
// many middlewares do it: by the cookie being there, whatever it holds. It ends with its standard input.
import { readFile } from "node:fs/promises";
import { createServer, request as forward } from "node:http";

import { build } from "esbuild";
import { getSessionCookie } from "better-auth/cookies";

const file = (name) => new URL(name, import.meta.url);
const page = await readFile(file("index.html"));
const { outputFiles } = await build({
  entryPoints: [file("app.mjs").pathname],
  bundle: true,
  format: "esm",
  write: false,
  logLevel: "error",
});
const [{ contents: script }] = outputFiles;
const GUARDED = ["/dashboard", "/settings"];

/** Pass a request on with the host that the browser has asked, and the answer back. */
function proxy(incoming, outgoing) {
  const { method, headers } = incoming;
  const { hostname, port } = new URL(process.env.API);
  const passed = forward({ hostname, port, path: incoming.url, method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  passed.on("error", () => outgoing.writeHead(502).end());
  incoming.pipe(passed);
}

function serve(incoming, outgoing) {
  const { pathname } = new URL(incoming.url, "http://localhost");
  if (pathname.startsWith("/api/auth/")) return proxy(incoming, outgoing);
  if (pathname === "/app.js") return outgoing.writeHead(200, { "content-type": "text/javascript" }).end(script);
  if (GUARDED.includes(pathname) && !getSessionCookie(new Headers({ cookie: incoming.headers.cookie ?? "" }))) {
    return outgoing.writeHead(302, { location: "/sign-in" }).end();
  }
  return outgoing.writeHead(200, { "content-type": "text/html", "cache-control": "no-store" }).end(page);
}

const server = createServer(serve).listen(0, "localhost", () => {
  console.log(`http://localhost:${server.address().port}`);
});
process.stdin.resume().on("end", () => server.closeAllConnections() ?? server.close());
