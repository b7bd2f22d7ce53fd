import { TextInput } from "@mantine/core";
import { lazy, Suspense, type ReactNode } from "react";

// The calendar is a tenth of all code, and few forms have one.
const MomentInput = lazy(() => import("./MomentInput"));

export interface MomentFieldProps {
  label: string;
  description?: string;
  /** "2026-11-25T18:05" in the reader's own zone, empty for none; `moment` makes a moment of it. */
  value?: string;
  onChange?: (value: string) => void;
  error?: ReactNode;
}

/** A day and a time. */
export function MomentField(props: MomentFieldProps) {
  const { label, description } = props;
  return (
    <Suspense fallback={<TextInput label={label} description={description} disabled />}>
      <MomentInput {...props} />
    </Suspense>
  );
}
