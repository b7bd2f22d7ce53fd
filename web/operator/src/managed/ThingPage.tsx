import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ApiError, type Tagged } from "@stationmaster/api";
import { Empty, Icon, Problem, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { FormModal } from "../FormModal";
import { useAway } from "../live/useAway";
import { useFocus } from "../live/useFocus";
import thing from "../thing.module.css";
import { Only } from "../user";
import { RemoveDialog } from "./RemoveDialog";
import { oneQuery, type Resource, type Thing } from "./resource";
import type { FormProps } from "./useManagedForm";

interface Props<T extends Thing> {
  resource: Omit<Resource<T>, "add" | "change">;
  id: string;
  /** Where the list is that one came from. */
  list: "/sites" | "/customers" | "/tariffs";
  testid: string;
  words: { list: string; missing: string; editTitle: string; removeTitle: string; removeAbout: (name: string) => string };
  form: (props: FormProps<T>) => ReactNode;
  formSize?: string;
  /** Beside its name. */
  badge?: (one: T) => ReactNode;
  children: (one: T) => ReactNode;
}

/** The page of one thing that people manage: it is edited and removed here. */
export function ThingPage<T extends Thing>({ resource, id, list, testid, words, form, formSize, badge, children }: Props<T>) {
  useFocus(null);
  const { data, error, refetch } = useQuery(oneQuery(resource, id));
  if (error && !data) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty page title={words.missing}>
          <Link to={list}>
            <Trans>To the list</Trans>
          </Link>
        </Empty>
      );
    }
    return <Problem error={error} retry={() => void refetch()} />;
  }
  if (!data) return <Waiting />;
  return (
    <Fragment key={id}>
      <Link to={list} className={thing.back}>
        <Icon name="back" size={16} /> {words.list}
      </Link>
      <div className={thing.head}>
        <h1 className="hostile">{data.value.name}</h1>
        {badge?.(data.value)}
        <span />
        <Only may={resource.may}>
          <Buttons {...{ resource, list, testid, words, form, formSize }} one={data} />
        </Only>
      </div>
      {children(data.value)}
    </Fragment>
  );
}

function Buttons<T extends Thing>({ resource, one, list, testid, words, form, formSize }: Omit<Props<T>, "id" | "children" | "formSize"> & { one: Tagged<T>; formSize: string | undefined }) {
  // Another page can lead to the form: `edit` in the address.
  const { edit: asked } = useSearch({ strict: false });
  const [editing, edit] = useDisclosure(asked !== undefined);
  const close = () => {
    edit.close();
    if (asked !== undefined) void navigate({ to: ".", search: (old) => ({ ...old, edit: undefined }), replace: true });
  };
  const [removing, remove] = useDisclosure(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const away = useAway() !== null;
  const { id } = one.value;
  const leave = async () => {
    await navigate({ to: list });
    queries.removeQueries({ queryKey: oneQuery(resource, id).queryKey });
  };
  return (
    <div className={thing.buttons}>
      <Button variant="default" onClick={edit.open} disabled={away} data-testid={`edit-${testid}`}>
        <Trans>Edit</Trans>
      </Button>
      <Button variant="subtle" color="gray" onClick={remove.open} disabled={away} data-testid={`remove-${testid}`}>
        <Trans>Remove…</Trans>
      </Button>
      <FormModal opened={editing} onClose={close} title={words.editTitle} size={formSize}>
        {form({ one, onDone: close })}
      </FormModal>
      <RemoveDialog
        resource={resource} id={id} opened={removing} onClose={remove.close}
        title={words.removeTitle} about={words.removeAbout} onRemoved={leave}
      />
    </div>
  );
}
