// Runs before each test file.
import { afterAll } from 'vitest'
import { endDatabasesOfFile } from './database.ts'

afterAll(endDatabasesOfFile)
