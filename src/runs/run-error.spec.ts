import { errorOf } from './run-error.js';

describe('what is told of an error that made a run fail', () => {
  class OutOfPaper extends Error {}
  const named = Object.assign(new TypeError('wrong'), { name: 'WrongInput' });

  it.each([
    ['the class', new TypeError('wrong'), { message: 'wrong', type: 'TypeError' }],
    [
      'a class of the graph that gives itself no name',
      new OutOfPaper('empty'),
      { message: 'empty', type: 'OutOfPaper' },
    ],
    ['the name that the error has', named, { message: 'wrong', type: 'WrongInput' }],
    ['the class instead of a text that is missing', new RangeError(), { message: 'RangeError', type: 'RangeError' }],
    [
      'a text whatever the graph has put there',
      Object.assign(new Error(), { name: 7, message: { a: 1 } }),
      { message: '[object Object]', type: 'Error' },
    ],
    ['the text of what is no error', 'a string', { message: 'a string', type: null }],
  ])('is %s', (_, error, told) => {
    expect(errorOf(error)).toEqual(told);
  });
});
