import { useRef } from "react";
import { randomWord } from "../guest/remembered";

/** The header by which the server does something once, however often it is sent: another one as soon as something else is asked. */
export function useOnce(): (asked: unknown) => { "Idempotency-Key": string } {
  const last = useRef<{ asked: string; key: string }>(undefined);
  return (asked) => {
    const text = JSON.stringify(asked);
    if (last.current?.asked !== text) last.current = { asked: text, key: randomWord() };
    return { "Idempotency-Key": last.current.key };
  };
}
