"use strict";

/* A network in plain JavaScript, from pixels to probabilities. Feature maps are channel by channel, row by row. */
function openNetwork(described) {
  const [height, width, channels] = described.shape;
  const nodes = described.nodes.map((node) =>
    node.weight ? { ...node, weight: floats(node.weight), bias: floats(node.bias) } : node);

  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  }

  /* `pixels`: height * width * channels numbers from 0 to 255, a pixel's channels side by side. */
  function answer(pixels) {
    if (pixels.length !== height * width * channels) {
      throw new RangeError(`${pixels.length} numbers; expected ${height} x ${width} x ${channels}`);
    }
    const range = described.maximum - described.minimum;
    const data = new Float64Array(pixels.length);
    for (let at = 0; at < height * width; at++) {
      for (let channel = 0; channel < channels; channel++) {
        data[channel * height * width + at] = (pixels[at * channels + channel] - described.minimum) / range;
      }
    }
    const values = { image: { height, width, channels, data } };
    for (const node of nodes) {
      const inputs = node.inputs.map((name) => values[name]);
      values[node.name] = { ...node, data: compute[node.op](node, ...inputs) };
    }
    const maps = Object.values(values).filter((value) => value.drawn);
    const logits = Array.from(values[nodes[nodes.length - 1].name].data);
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp((logit - highest) / described.temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    return { logits, probabilities: powers.map((power) => power / sum), maps };
  }

  /* `of` the four numbers of each 2 x 2 window. */
  function pooled(node, input, of) {
    const { width: columns, height: rows, data } = input;
    const out = new Float64Array(node.channels * node.height * node.width);
    for (let at = 0, c = 0; c < node.channels; c++) {
      for (let y = 0; y < node.height; y++) {
        for (let x = 0; x < node.width; x++, at++) {
          const corner = (c * rows + 2 * y) * columns + 2 * x;
          out[at] = of(data[corner], data[corner + 1], data[corner + columns], data[corner + columns + 1]);
        }
      }
    }
    return out;
  }

  /* By op, its function of the node and of the values that it reads. */
  const compute = {
    convolution(node, input) {
      const { height: rows, width: columns, channels: depth, data } = input;
      const { kernel, weight, bias } = node, reach = (kernel - 1) / 2, area = rows * columns;
      const out = new Float64Array(node.channels * area);
      for (let c = 0; c < node.channels; c++) {
        for (let y = 0; y < rows; y++) {
          for (let x = 0; x < columns; x++) {
            let sum = bias[c];
            for (let d = 0; d < depth; d++) {
              for (let j = Math.max(0, reach - y); j < Math.min(kernel, rows + reach - y); j++) {
                const from = d * area + (y + j - reach) * columns + x - reach;
                const taps = ((c * depth + d) * kernel + j) * kernel;
                for (let i = Math.max(0, reach - x); i < Math.min(kernel, columns + reach - x); i++) {
                  sum += data[from + i] * weight[taps + i];
                }
              }
            }
            out[c * area + y * columns + x] = sum;
          }
        }
      }
      return out;
    },
    relu(node, input) {
      return input.data.map((value) => Math.max(0, value));
    },
    "max-pool"(node, input) {
      return pooled(node, input, Math.max);
    },
    "average-pool"(node, input) {
      return pooled(node, input, (a, b, c, d) => (a + b + c + d) / 4);
    },
    mean(node, input) {
      const area = input.height * input.width;
      return Float64Array.from({ length: input.channels }, (_, c) => {
        let sum = 0;
        for (let at = 0; at < area; at++) sum += input.data[c * area + at];
        return sum / area;
      });
    },
    add(node, first, second) {
      return first.data.map((value, at) => value + second.data[at]);
    },
    dense(node, input) {
      return node.bias.map((bias, row) => {
        let sum = bias;
        for (let at = 0; at < input.data.length; at++) sum += input.data[at] * node.weight[row * input.data.length + at];
        return sum;
      });
    },
  };

  return { height, width, channels, classes: described.classes, answer };
}
