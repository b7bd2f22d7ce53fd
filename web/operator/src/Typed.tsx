import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import thing from "./thing.module.css";

/** A filter that asks the server once the typing has paused. */
export function Typed({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  const tell = useDebouncedCallback((text: string) => {
    onChange(text.trim());
  }, 350);
  // The address changed by other means, the back button say: follow it.
  if (given !== value) {
    setGiven(value);
    if (value !== typed.trim()) setTyped(value);
  }
  return (
    <TextInput
      className={thing.filter ?? ""}
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        tell(e.currentTarget.value);
      }}
    />
  );
}
