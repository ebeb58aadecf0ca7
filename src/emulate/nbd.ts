import { join } from 'node:path';

/** Where the phone finds the disk: an address of QEMU's user network that is neither its gateway nor its name server. */
export const NBD_ADDRESS = '10.0.2.100';

/** The port that NBD has at IANA. */
const NBD_PORT = 10809;

/** Joins the socket that QEMU hands it, as its standard input, with the server's. */
const JOIN =
  'const net=require("net"),q=new net.Socket({fd:0}),s=net.connect(process.argv[1]);q.pipe(s).pipe(q)';

/** The socket of the server that QEMU itself is. */
export function nbdSocket(folder: string): string {
  return join(folder, 'nbd.sock');
}

/**
 * The forward of QEMU's user network that leads to it. QEMU starts a program for each connection; what it
 * joins itself can be connected to once.
 */
export function nbdForward(folder: string): string {
  const words = [process.execPath, '-e', JOIN, nbdSocket(folder)];
  const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return `guestfwd=tcp:${NBD_ADDRESS}:${NBD_PORT}-cmd:${command.replaceAll(',', ',,')}`;
}
