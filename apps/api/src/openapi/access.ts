import { ACCESS } from '#libs/identity';

/** Who may call a route, as its decorators say. */
export interface RouteAccess {
  /** `anonymous`: credentials are not looked at; `public`: not needed; `closed`: needed. */
  kind: 'anonymous' | 'public' | 'closed';
  roles: string[];
  scopes: string[];
}

/** What the decorators of identity left on a controller and its method; the method's count first. */
export function accessOf(controller: object, handler: object): RouteAccess {
  const on = <T>(key: string) =>
    (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller)) as T | undefined;
  const open = on<boolean>(ACCESS.anonymous) ? 'anonymous' : on<boolean>(ACCESS.public) ? 'public' : null;
  return {
    kind: open ?? 'closed',
    roles: on<string[]>(ACCESS.roles) ?? [],
    scopes: on<string[]>(ACCESS.scopes) ?? [],
  };
}
