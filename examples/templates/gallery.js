// The page works without this; with it, it also shows what changes while it is open.
const shown = () => document.getElementById('content');

const news = new EventSource(`/changes/${shown().dataset.count}`);
news.onmessage = async () => {
  const page = await (await fetch('/')).text();
  const content = new DOMParser().parseFromString(page, 'text/html').getElementById('content');
  shown().replaceWith(document.adoptNode(content));
};
