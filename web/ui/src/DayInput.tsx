import { t } from "@lingui/core/macro";
import { DateInput, type DateInputProps } from "@mantine/dates";
import { useState } from "react";
import { calendarLanguage, dayFormat } from "./calendar";
import { OWN_ESCAPE } from "./escape";

export default function DayInput(props: DateInputProps) {
  const [opened, open] = useState(false);
  return (
    <DateInput
      valueFormat={dayFormat()}
      locale={calendarLanguage()}
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      popoverProps={{ onOpen: () => { open(true); }, onClose: () => { open(false); } }}
      {...(opened && OWN_ESCAPE)}
      {...props}
    />
  );
}
