// How the pages are built: into the Python package, under /app/, with a manifest that the landing page may read.
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const BACKEND = process.env.MAILWRIGHT_URL ?? 'http://127.0.0.1:8080';
const TO_BACKEND = ['/api', '/jmap', '/.well-known'];

export default defineConfig({
  base: '/app/',
  plugins: [react(), tailwindcss()],
  resolve: { tsconfigPaths: true },
  build: {
    outDir: '../src/mailwright/protocols/web/app',
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0, // the content security policy has no data: addresses
    target: 'baseline-widely-available',
    reportCompressedSize: false,
  },
  server: {
    // `changeOrigin` stays false: the server compares Origin with the Host it was asked for.
    proxy: Object.fromEntries(TO_BACKEND.map((path) => [path, { target: BACKEND, ws: true }])),
  },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'], environment: 'node' },
});
