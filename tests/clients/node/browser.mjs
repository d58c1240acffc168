// What a browser adds to fetch: it keeps cookies, and says which page a request comes from.

/** Return a `fetch` with a cookie jar of its own, as of a page at `origin`. */
export function browser(origin) {
  const jar = new Map();
  const send = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("origin", origin);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(input, { ...init, headers });
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    return response;
  };
  return { fetch: send, jar };
}

function keep(jar, line) {
  const [pair, ...attributes] = line.split("; ");
  const name = pair.slice(0, pair.indexOf("="));
  if (attributes.includes("Max-Age=0")) jar.delete(name);
  else jar.set(name, pair.slice(name.length + 1));
}
