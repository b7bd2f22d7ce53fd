import { useLingui } from "@lingui/react";
import type { OwnRequest } from "@stationmaster/api";
import { Note } from "@stationmaster/ui";
import { requestWords } from "./words";

/** What comes of something that was asked of a charger. */
export function Told({ request }: { request: OwnRequest }) {
  useLingui();
  const words = requestWords(request);
  if (words === null) return null;
  return (
    <div role="status" data-testid={`request-${request.what}`}>
      <Note tone={words.tone}>
        {words.text} {words.sentence !== null && <span className="dim hostile">{words.sentence}</span>}
      </Note>
    </div>
  );
}
