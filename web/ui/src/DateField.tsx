import { t } from "@lingui/core/macro";
import { DateInput, type DateInputProps } from "@mantine/dates";
import "dayjs/locale/en-gb";

/** A day, typed or chosen; the week begins on Monday. The value is "2026-11-25". */
export function DateField(props: DateInputProps) {
  return (
    <DateInput
      valueFormat="D MMM YYYY"
      locale="en-gb"
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      popoverProps={{ withinPortal: true }}
      {...props}
    />
  );
}
