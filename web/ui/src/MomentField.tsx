import { TextInput, type TextInputProps } from "@mantine/core";

/** A day and a time, in the reader's own zone. The value is "2026-11-25T18:05", empty for none; `moment` makes a moment of it. */
export function MomentField(props: Omit<TextInputProps, "type">) {
  return <TextInput type="datetime-local" {...props} />;
}
