import { t } from "@lingui/core/macro";
import { DateTimePicker } from "@mantine/dates";
import { calendarLanguage, dayFormat } from "./calendar";
import { OWN_ESCAPE } from "./escape";
import type { MomentFieldProps } from "./MomentField";

export default function MomentInput({ value = "", onChange, ...props }: MomentFieldProps) {
  return (
    <DateTimePicker
      {...props}
      valueFormat={`${dayFormat()}, HH:mm`}
      locale={calendarLanguage()}
      placeholder={t`Choose day and time`}
      previousLabel={t`Earlier`}
      nextLabel={t`Later`}
      hideOutsideDates
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      submitButtonProps={{ "aria-label": t`Take it` }}
      timePickerProps={{ hoursInputLabel: t`Hours`, minutesInputLabel: t`Minutes`, attributes: { field: OWN_ESCAPE } }}
      popoverProps={{ attributes: { dropdown: { ...OWN_ESCAPE, "aria-label": props.label, "aria-labelledby": undefined } } }}
      value={value === "" ? null : `${value.replace("T", " ")}:00`}
      onChange={(chosen) => onChange?.(chosen === null ? "" : chosen.replace(" ", "T").slice(0, "2026-11-25T18:05".length))}
    />
  );
}
