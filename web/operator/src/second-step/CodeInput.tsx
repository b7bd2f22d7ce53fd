import { t } from "@lingui/core/macro";
import { TextInput, type TextInputProps } from "@mantine/core";

/** Six digits of the app, or one of the codes that were kept. */
export function CodeInput(props: TextInputProps) {
  return <TextInput label={t`Code of your app`} autoComplete="one-time-code" data-autofocus data-testid="code" {...props} />;
}
