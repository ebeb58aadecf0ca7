// Writes the table of /etc/mnx.conf settings into ARCHITECTURE.md, from the list that the writer uses.
// usage: npm run build && node scripts/document-conf.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { CONF_KEYS } from '../dist/initramfs/index.js';

const file = new URL('../ARCHITECTURE.md', import.meta.url);
const rows = Object.entries(CONF_KEYS).map(([key, meaning]) => `| \`${key}\` | ${meaning} |`);
const table = ['<!-- conf:start -->', '| setting | meaning |', '| --- | --- |', ...rows, '<!-- conf:end -->'].join('\n');
writeFileSync(file, readFileSync(file, 'utf8').replace(/<!-- conf:start -->[^]*<!-- conf:end -->/, table));
