import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { MockApi } from "./api.ts";

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'";

/** Serves the mock API beside `npm run dev` and `npm run preview`; the preview also has the real page's policy. */
export function mockServer(): Plugin {
  let api: MockApi | null = null;
  const handle = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (!request.url?.startsWith("/api/v1")) {
      next();
      return;
    }
    api ??= new MockApi();
    api.handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
  };
  return {
    name: "stationmaster-mock",
    configureServer: (server) => {
      server.middlewares.use(handle);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", POLICY);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}
