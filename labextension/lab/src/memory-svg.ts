/** Layers with something on the top of them: what is kept. */
export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24" fill="none">
  <path class="jp-icon3" d="M12 4 4 8l8 4 8-4zM4 12l8 4 8-4M4 16l8 4 8-4"
    stroke="#616161" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>
</svg>`;
