// Reads JSON lines {expression, context, unary} and answers each with one JSON line, as feelin sees it.
//
// Values are written with their type, so that two evaluators can be compared: temporal values by their FEEL text,
// ranges by their parts, a function only as such.
import { createInterface } from 'node:readline';
import { evaluate, unaryTest } from 'feelin';

const TEMPORAL = {
  FeelDate: 'date',
  FeelTime: 'time',
  FeelDateTime: 'date and time',
  FeelDuration: 'duration'
};

function written(value) {
  if (value === null || value === undefined) return { type: 'null' };
  if (typeof value === 'number') return { type: 'number', value: String(value) };
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'function') return { type: 'function' };
  if (Array.isArray(value)) return { type: 'list', value: value.map(written) };
  const name = value.constructor?.name;
  if (name in TEMPORAL) return { type: TEMPORAL[name], value: value.iso };
  if (name === 'FeelFunction') return { type: 'function' };
  if (name === 'FeelRange') {
    return {
      type: 'range',
      value: [written(value.start), written(value.end), value['start included'], value['end included']]
    };
  }
  const entries = Object.entries(value).map(([key, item]) => [key, written(item)]);
  return { type: 'context', value: Object.fromEntries(entries) };
}

// Contexts come as JSON; a string of the form @"…" in one is a temporal literal, as in our own facts.
function facts(value) {
  if (typeof value === 'string' && value.startsWith('@"')) return evaluate(value).value;
  if (Array.isArray(value)) return value.map(facts);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, facts(item)]));
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { expression, context, unary } = JSON.parse(line);
  let answer;
  try {
    const known = facts(context ?? {});
    if (unary === undefined) {
      answer = written(evaluate(expression, known).value);
    } else {
      answer = written(unaryTest(expression, { ...known, '?': evaluate(unary, known).value }).value);
    }
  } catch (error) {
    answer = { type: 'error', value: String(error.message) };
  }
  console.log(JSON.stringify(answer));
}
