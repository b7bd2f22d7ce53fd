import { TextInput } from "@mantine/core";
import type { DateInputProps } from "@mantine/dates";
import { lazy, Suspense } from "react";

// The calendar is a tenth of all code, and few pages have one.
const DayInput = lazy(() => import("./DayInput"));

/** A day, typed or chosen; the week begins on Monday. The value is "2026-11-25". */
export function DateField(props: DateInputProps) {
  const { label, placeholder, description, className } = props;
  return (
    <Suspense fallback={<TextInput {...{ label, placeholder, description, className }} aria-label={props["aria-label"]} disabled />}>
      <DayInput {...props} />
    </Suspense>
  );
}
