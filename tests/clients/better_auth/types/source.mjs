/** Write a value as TypeScript of its narrowest type, an object one field a line. */
export function source(value) {
  if (value instanceof Date) return `new Date("${value.toISOString()}")`;
  if (Array.isArray(value)) return `[${value.map(source).join(", ")}]`;
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `${JSON.stringify(value)} as const`;
  return `{\n${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${source(each)},\n`).join("")}}`;
}
