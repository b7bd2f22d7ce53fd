import { Trans } from "@lingui/react/macro";
import { Anchor } from "@mantine/core";

export function BackToLogin({ onClick }: { onClick: () => void }) {
  return (
    <Anchor component="button" type="button" size="sm" onClick={onClick}>
      <Trans>Back to signing in</Trans>
    </Anchor>
  );
}
