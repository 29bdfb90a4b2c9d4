import type { Recipe } from '../recipes/model.ts';
import { recipes } from '../recipes/registry.ts';

/** A message of a recipe, which says what to type in a terminal, as the editor asks for it: by menu entry and question. */
export function editorWords(message: string, { questions }: Pick<Recipe, 'questions'>): string {
  return message
    .replace(/switchback new (\w+(?:, \w+)*)/g, (all, types: string) => {
      const titles = types.split(', ').map((type) => recipes.find((one) => one.type === type)?.title);
      return titles.includes(undefined) ? all : `New Plan… › ${titles.join(', ')}`;
    })
    .replace(
      /--([a-z_]+)(?: ([A-Z]{3,}\b|'[^']*'|[\w,]+(?=[.)])))?/g,
      (all, id, value: string | undefined) => {
        const prompt = questions.find((one) => one.id === id)?.prompt.replace(/ \(.*\)$/, '');
        if (prompt === undefined) return all;
        const isPlace = value === undefined || /^[A-Z]+$/.test(value);
        return `answer “${prompt}”${isPlace ? '' : ` with ${value}`}`;
      },
    );
}
