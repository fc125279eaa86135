// Keeps the status card fresh: asks every 45 seconds while the page is seen. When there is no answer, the last known one
// stays, with the time it is from.
(() => {
  'use strict';
  const EVERY = 45_000;
  const KEY = 'mailwright.status';
  const card = document.querySelector('[data-status]');
  if (!card) return;
  const part = (name) => card.querySelector(`[data-part="${name}"]`);
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

  const lasting = (seconds) => {
    const whole = Math.max(1, Math.round(seconds));
    if (whole < 100) return `${whole} s`;
    return whole < 6000 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
  };

  const write = (name, text) => {
    const place = part(name);
    if (place && place.textContent !== text) place.textContent = text;
  };

  const show = (found, fresh) => {
    const worker = found[card.dataset.employee] ?? {};
    const online = worker.state === 'online';
    const running = found.counts.tasks_running;
    card.dataset.state = online ? 'online' : 'offline';
    write('state', online ? 'Online' : 'Offline');
    write('activity', !online ? 'Tasks wait and are done when it is back' : running ? `Working on ${running} ${running === 1 ? 'task' : 'tasks'}` : 'Waiting for tasks');
    write('count', String(found.counts.online));
    write('workers', found.counts.online === 1 ? 'digital worker online now' : 'digital workers online now');
    const median = found.response?.median_seconds;
    if (part('metric')) part('metric').hidden = median == null;
    if (median != null) write('median', lasting(median));
    write('updated', `Last updated ${clock.format(new Date(found.last_updated))}`);
    card.dataset.fresh = String(fresh);
  };

  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? 'null');
    } catch {
      return null;
    }
  };

  const ask = async () => {
    try {
      const answer = await fetch('/api/public/workers/status', { credentials: 'omit', signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      show(found, true);
      try {
        localStorage.setItem(KEY, JSON.stringify(found));
      } catch {
        // A browser that keeps nothing still shows what came.
      }
    } catch {
      const last = kept();
      if (last && Date.parse(last.last_updated) > Date.parse(card.dataset.at)) show(last, false);
      card.dataset.fresh = 'false';
    }
  };

  setInterval(() => document.hidden || ask(), EVERY);
  document.addEventListener('visibilitychange', () => document.hidden || ask());
  if (!document.hidden) ask();
})();
