import { t } from "@lingui/core/macro";
import { ifMatch, tagged, answered, type Tagged } from "@stationmaster/api";
import { notify, useSentForm, type SentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type * as v from "valibot";
import { changed, orNull } from "../fields";
import { refresh, type Resource, type Thing } from "./resource";

/** What the form of a resource is given. */
export interface FormProps<T> {
  /** The one that is edited; without one a new one is added. */
  one?: Tagged<T>;
  onDone: (saved: T) => void;
}

interface Options<T extends Thing, F, V extends Record<string, unknown>> extends FormProps<T> {
  resource: Pick<Resource<T, F>, "key" | "shownBy" | "get" | "add" | "change">;
  /** A thing as it is typed; the names are those of the API, so that what the server refuses finds its field. */
  typed: (one: T | null) => V;
  facts: (values: V) => F;
  schema: v.GenericSchema<V, unknown>;
  conflict: keyof V & string;
}

/** A form that adds one, or sends what has changed under the ETag it was filled with. */
export function useManagedForm<T extends Thing, F extends object, V extends Record<string, unknown>>({
  resource, one, onDone, typed, facts, schema, conflict,
}: Options<T, F, V>): SentForm<V> {
  const queries = useQueryClient();
  const seen = useRef(one);
  const id = one?.value.id;
  return useSentForm<V>({
    initial: typed(one?.value ?? null),
    schema,
    conflict,
    ...(id !== undefined && {
      theirs: async () => {
        seen.current = await tagged(resource.get(id));
        return typed(seen.current.value);
      },
    }),
    submit: async (values, before) => {
      const saved = await answered(
        seen.current
          ? resource.change(seen.current.value.id, ifMatch(seen.current.tag), changed(facts(before), facts(values)))
          : resource.add({ ...facts(values), id: orNull(typeof values.id === "string" ? values.id : "") }),
      );
      await refresh(queries, resource);
      notify.done(seen.current ? t`Saved` : t`${saved.name} is added`);
      onDone(saved);
    },
  });
}
