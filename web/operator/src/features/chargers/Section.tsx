import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Station } from "@stationmaster/api";
import type { ComponentType, ReactNode } from "react";
import { Only, type Permission } from "../../user";
import css from "./Charger.module.css";
import type { DialogProps } from "./CommandForm";
import { OnlyConnected } from "./OnlyConnected";
import { Outcome } from "./Outcome";
import parts from "./Parts.module.css";
import { usePossible, type Commander } from "./useCommand";

interface SectionProps {
  station: Station;
  commander: Commander;
  title: string;
  about?: ReactNode;
  /** Beside the title: what the charger can be asked. */
  buttons: ReactNode;
  may?: Permission;
  testid?: string;
  outcome?: string;
  children?: ReactNode;
}

/** One thing a charger has: what it can be asked about that, what came of it, and what is there. */
export function Section({ station, commander, title, about, buttons, may = "operate", testid, outcome = "part-outcome", children }: SectionProps) {
  return (
    <section className={`${css.panel} card`} aria-label={title} data-testid={testid}>
      <div className={parts.head}>
        <h2>{title}</h2>
        {buttons}
      </div>
      {about}
      <Only may={may}>
        <OnlyConnected station={station} />
        <Outcome commander={commander} testid={outcome} />
      </Only>
      {children}
    </section>
  );
}

interface FormButtonProps {
  station: Station;
  commander: Commander;
  /** What the dialog is called. */
  title: string;
  fields: ComponentType<DialogProps>;
  testid: string;
  variant?: string;
  children: ReactNode;
}

/** A button for a command that needs a form, with the dialog that it opens. */
export function FormButton({ station, commander, title, fields: Fields, testid, variant, children }: FormButtonProps) {
  const possible = usePossible(station);
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button {...(variant && { variant })} disabled={!possible} onClick={dialog.open} data-testid={testid}>
        {children}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={title} centered>
        <Fields station={station} commander={commander} opened={opened} onClose={dialog.close} />
      </Modal>
    </>
  );
}
