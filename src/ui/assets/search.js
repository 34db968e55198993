// Search as you type, and the keyboard. Without this file the page still works with its forms and links.
(() => {
  'use strict';
  const form = document.querySelector('#search');
  const field = document.querySelector('#q');
  const results = document.querySelector('#results');

  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    if (field) {
      field.focus();
      field.select();
    } else location.assign('/');
  });
  if (!form || !field || !results) return;
  form.classList.add('live');
  // Focuses the field only on devices with a mouse: on a phone the screen keyboard would cover the hosts.
  if (matchMedia('(hover: hover) and (pointer: fine)').matches && !location.hash) field.focus();

  /** The form's parameters, without empty ones. */
  const asked = () => {
    const parameters = new URLSearchParams();
    for (const [name, value] of new URLSearchParams(new FormData(form)))
      if (value.trim() !== '') parameters.append(name, value.trim());
    const text = parameters.toString();
    return text === '' ? '' : `?${text}`;
  };

  const filters = [...form.querySelectorAll('.filters input, .filters select')];
  const summary = form.querySelector('.filters > summary');
  /** Shows the number of active filters at their heading, because folded filters still apply. */
  const countFilters = () => {
    const on = filters.filter((control) =>
      control.type === 'checkbox' ? control.checked : control.value.trim() !== '',
    );
    summary.querySelector('.pill')?.remove();
    if (on.length === 0) return;
    const pill = document.createElement('span');
    pill.className = 'pill';
    pill.textContent = String(on.length);
    summary.append(' ', pill);
  };

  let shown = asked();
  let waiting;
  let underWay;

  /** Requests the results of the form, and aborts an older request. */
  const search = async ({ push = false } = {}) => {
    clearTimeout(waiting);
    const wanted = asked();
    if (wanted === shown) return;
    underWay?.abort();
    const request = (underWay = new AbortController());
    results.setAttribute('aria-busy', 'true');
    try {
      const response = await fetch(`/results${wanted}`, { signal: request.signal });
      // The session has ended: load the whole page, which redirects to the login.
      if (response.redirected) return location.assign(`/${wanted}`);
      const text = await response.text();
      if (request.signal.aborted) return undefined;
      const received = new DOMParser().parseFromString(text, 'text/html');
      const parts = received.querySelector('main') ?? received.body;
      results.replaceChildren(...parts.childNodes);
      shown = wanted;
      history[push ? 'pushState' : 'replaceState'](null, '', `/${wanted}`);
      document.title = `${field.value.trim() || 'Hosts'} · Rollcall`;
    } catch (error) {
      if (error.name === 'AbortError') return undefined;
      const status = document.createElement('p');
      status.className = 'problem';
      status.setAttribute('role', 'status');
      status.textContent = 'The page does not respond. Is rollcall ui still running?';
      results.replaceChildren(status);
      shown = undefined;
    } finally {
      if (underWay === request) {
        underWay = undefined;
        results.removeAttribute('aria-busy');
      }
    }
    return undefined;
  };

  field.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void search(), 120);
  });
  for (const control of filters) {
    control.addEventListener('change', () => {
      countFilters();
      void search({ push: true });
    });
  }

  const links = () => [...results.querySelectorAll('a.name')];
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void search({ push: true }).then(() => {
      const found = links();
      // Enter opens the host if there is only one. If there are several, the user chooses one with the arrow keys.
      if (found.length === 1 && field.value.trim() !== '') location.assign(found[0].href);
      else found[0]?.focus();
    });
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const found = links();
    const at = found.indexOf(document.activeElement);
    const inField = document.activeElement === field;
    const inBody = document.activeElement === document.body || document.activeElement?.id === 'main';
    if (event.key === 'ArrowDown' && (at >= 0 || inField || inBody)) found[Math.min(at + 1, found.length - 1)]?.focus();
    else if (event.key === 'ArrowUp' && at > 0) found[at - 1].focus();
    else if ((event.key === 'ArrowUp' && at === 0) || (event.key === 'Escape' && !inField)) field.focus();
    else return;
    event.preventDefault();
  });

  // A click in the row opens its host, unless the user selects text.
  results.addEventListener('click', (event) => {
    if (event.target.closest('a') || String(getSelection()) !== '') return;
    event.target.closest('tbody tr')?.querySelector('a.name')?.click();
  });

  // Back and forward: restore the search from the address.
  addEventListener('popstate', () => location.reload());

  function isTyping(target) {
    return (
      target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
    );
  }
})();
