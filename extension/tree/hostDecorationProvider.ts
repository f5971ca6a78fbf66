// Dims the rows of the machine's own namespaces: there is nothing to join in them.
import { FileDecoration, type FileDecorationProvider, l10n, ThemeColor, type Uri } from 'vscode';

/** Of the addresses that such rows carry, for this decoration alone. */
export const HOST_ROW = { scheme: 'namespaces-row', authority: 'host' };

export class HostDecorationProvider implements FileDecorationProvider {
  provideFileDecoration({ scheme, authority }: Uri): FileDecoration | undefined {
    if (scheme !== HOST_ROW.scheme || authority !== HOST_ROW.authority) return undefined;
    return new FileDecoration(undefined, l10n.t("this machine's own"), new ThemeColor('disabledForeground'));
  }
}
