export const greeting: string = process.env.GREETING ?? 'no greeting in .env';
