export async function measurePeers(_hosts: number): Promise<string> {
  return '';
}
