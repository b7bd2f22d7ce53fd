// A charger written with the npm package `ocpp-rpc`: a witness that shares no line with us, nor with the other witness.
//
//     node charger.js VERSION URL ID SECRET
//
// It boots, and does by itself what a charger does: starts and stops when asked, reports, fetches firmware, brings logs.
// In its strict mode the package holds every frame of either side against schemas of its own. Each line on standard input,
// `["Action", {payload}]`, is one more call. When the input ends it says on one line what it has seen, and goes.

import { createHash, verify, X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import rpc from "ocpp-rpc";

import { v16 } from "./v16.js";
import { v2 } from "./v2.js";

const { RPCClient, createRPCError, createValidator } = rpc;
const LOG = "charged a car; all is well\n".repeat(5000);

class Charger {
  constructor(version, url, identity, secret) {
    this.url = url;
    this.identity = identity;
    this.secret = secret;
    this.version = version;
    this.firmware = "1.0";
    this.speech = version === "1.6" ? v16(this) : v2(this);
    this.seen = { asked: [], answered: [], refused: [], wrong: [], firmware: null, logs: [] };
    this.doing = new Set();
  }

  async start() {
    this.client = new RPCClient({
      endpoint: this.url,
      identity: this.identity,
      password: this.secret,
      protocols: [`ocpp${this.version}`],
      strictMode: true,
      strictModeValidators: this.version === "2.1" ? [validatorOf21()] : [],
      reconnect: false,
    });
    this.client.on("strictValidationFailure", ({ method, outbound, isCall, error, params, result }) => {
      const whose = outbound ? "the charger's" : "the server's";
      this.seen.wrong.push(`${whose} ${method} ${isCall ? "request" : "answer"}: ${error.message} ${JSON.stringify(isCall ? params : result)}`);
    });
    this.client.on("badMessage", ({ buffer, error }) => this.seen.wrong.push(`${error.message}: ${buffer}`));
    this.client.on("call", ({ outbound, payload }) => outbound || this.seen.asked.push(payload[2]));
    // The package checks a request only if somebody takes it.
    this.client.handle(({ method }) => {
      throw createRPCError("NotSupported", `this charger has no ${method}`);
    });
    for (const [action, answer] of Object.entries(this.speech.answers)) {
      this.client.handle(action, ({ params }) => answer(params));
    }
    await this.client.connect();
    await this.speech.boot();
  }

  async restart() {
    await this.client.close({ code: 1000 });
    await this.start();
  }

  call(action, payload) {
    return this.client.call(action, payload);
  }

  /** Do it when the answer to the present request has gone out. */
  afterwards(work) {
    const doing = new Promise((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error) => this.seen.wrong.push(String(error.stack)))
      .finally(() => this.doing.delete(doing));
    this.doing.add(doing);
  }

  /** Fetch a firmware and run it. `tell(status)` tells the server how far it is. */
  async update({ location, signature, signingCertificate }, tell) {
    await tell("Downloading");
    const image = Buffer.from(await (await fetch(location)).arrayBuffer());
    this.seen.firmware = { sha256: sha256(image) };
    await tell("Downloaded");
    if (signature) {
      const key = new X509Certificate(signingCertificate).publicKey;
      const genuine = verify("sha256", image, key, Buffer.from(signature, "base64"));
      await tell(genuine ? "SignatureVerified" : "InvalidSignature");
      if (!genuine) return;
    }
    await tell("Installing");
    this.firmware = "2.0";
    await this.restart();
    await tell("Installed");
  }

  /** Bring a log to where it was asked for. */
  async bring(location, tell) {
    await tell("Uploading");
    const answer = await fetch(location, { method: "PUT", body: LOG });
    this.seen.logs.push({ status: answer.status, sha256: sha256(LOG) });
    await tell(answer.ok ? "Uploaded" : "UploadFailed");
  }

  async end() {
    await Promise.all(this.doing);
    await this.client.close({ code: 1000 });
    return this.seen;
  }
}

/** The package's schemas of 2.1 under the names by which it looks them up; as they come it finds none of them. */
function validatorOf21() {
  const schemas = createRequire(import.meta.url)("ocpp-rpc/lib/schemas/ocpp2_1.json");
  const renamed = schemas.map((schema) => ({
    ...schema,
    $id: schema.$id.replace(/Request$/, ".req").replace(/Response$/, ".conf"),
  }));
  return createValidator("ocpp2.1", renamed);
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

const charger = new Charger(...process.argv.slice(2));
await charger.start();
for await (const line of createInterface({ input: process.stdin })) {
  const [action, payload] = JSON.parse(line);
  try {
    await charger.call(action, payload);
    charger.seen.answered.push(action);
  } catch (error) {
    charger.seen.refused.push(`${action}: ${error.rpcErrorCode} ${error.message}`);
  }
}
console.log(JSON.stringify(await charger.end()));
process.exit(); // the package may still hold a timer
