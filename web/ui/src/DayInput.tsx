import { t } from "@lingui/core/macro";
import { DateInput, type DateInputProps } from "@mantine/dates";
import "dayjs/locale/en-gb";

export default function DayInput(props: DateInputProps) {
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
