import { t } from "@lingui/core/macro";
import { DateInput, type DateInputProps } from "@mantine/dates";
import "dayjs/locale/en-gb";
import { useState } from "react";
import { OWN_ESCAPE } from "./escape";

export default function DayInput(props: DateInputProps) {
  const [opened, open] = useState(false);
  return (
    <DateInput
      valueFormat="D MMM YYYY"
      locale="en-gb"
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      popoverProps={{ onOpen: () => { open(true); }, onClose: () => { open(false); } }}
      {...(opened && OWN_ESCAPE)}
      {...props}
    />
  );
}
