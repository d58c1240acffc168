// An authenticator app: RFC 6238 with SHA-1, six digits and thirty seconds, as all of them read it.
import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PERIOD = 30;

/** Scan an otpauth URI; return a function that shows the code `steps` from now. */
export function phone(uri) {
  const key = base32(new URL(uri).searchParams.get("secret"));
  return (steps = 0) => hotp(key, Math.floor(Date.now() / 1000 / PERIOD) + steps);
}

/** Return six digits that the phone does not show within twenty minutes of now. */
export function wrongCode(show) {
  const near = new Set(Array.from({ length: 81 }, (_, index) => show(index - 40)));
  return Array.from({ length: 100 }, (_, index) => String(index).padStart(6, "0")).find((code) => !near.has(code));
}

function hotp(key, counter) {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac("sha1", key).update(message).digest();
  const offset = digest.at(-1) & 0xf;
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, "0");
}

function base32(text) {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}
