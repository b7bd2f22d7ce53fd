import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { SavedCard } from "@stationmaster/api";
import { Confirm } from "@stationmaster/ui";
import { useAway } from "../live/useAway";
import thing from "../thing.module.css";

interface Props {
  card: SavedCard;
  /** What comes of it, before it is taken away. */
  about: string;
  /** Without it, it is only shown. */
  remove: (() => Promise<unknown>) | null;
}

/** The card with which what is owed is paid. */
export function SavedCardLine({ card, about, remove }: Props) {
  const away = useAway() !== null;
  const [asking, { open, close }] = useDisclosure(false);
  return (
    <div className={thing.spread} data-testid="saved-card">
      <span>
        <Trans>What is owed is paid with {card.label}</Trans>
      </span>
      {remove && (
        <>
          <Button size="xs" variant="subtle" color="gray" disabled={away} onClick={open}>
            <Trans>Use it no more</Trans>
          </Button>
          <Confirm opened={asking} onClose={close} title={t`Use ${card.label} no more?`} action={t`Use it no more`} run={remove}>
            {about}
          </Confirm>
        </>
      )}
    </div>
  );
}
