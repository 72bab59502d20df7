// Express and Turf: what a geoprocessing function in Node usually looks like. Same paths as flask_app.py; longitudes and latitudes.
import express from 'express';
import * as turf from '@turf/turf';
import RBush from 'rbush';

const app = express();
app.use(express.json({ limit: '50mb', type: () => true }));
app.get('/', (_request, response) => response.send('ok'));

app.post('/buffer', (request, response) => {
  const { layer, distance, dissolve } = request.body.inputs;
  const buffers = turf.buffer(layer, distance, { units: 'kilometers', steps: 16 });
  response.json(dissolve ? turf.featureCollection([turf.union(buffers)]) : buffers);
});

const box = (feature, index) => {
  const [minX, minY, maxX, maxY] = turf.bbox(feature);
  return { minX, minY, maxX, maxY, index };
};

app.post('/overlay', (request, response) => {
  const { layer, overlay } = request.body.inputs;
  const tree = new RBush().load(overlay.features.map(box));
  const pieces = [];
  for (const feature of layer.features) {
    for (const { index } of tree.search(box(feature))) {
      const other = overlay.features[index];
      const piece = turf.intersect(turf.featureCollection([feature, other]));
      if (!piece) continue;
      const joined = Object.entries(other.properties).map(([key, value]) => [`b_${key}`, value]);
      pieces.push({ ...piece, properties: { ...feature.properties, ...Object.fromEntries(joined) } });
    }
  }
  response.json(turf.featureCollection(pieces));
});

app.listen(Number(process.env.PORT), '127.0.0.1');
