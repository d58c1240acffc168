// Says what each request of a program was and how it was answered, one line each.
const send = globalThis.fetch;

globalThis.fetch = async (url, init) => {
  const response = await send(url, init);
  const { code = "" } = await response.clone().json();
  console.log([init.method, new URL(url).pathname, response.status, code].join(" ").trim());
  return response;
};
