export interface TabItem {
  id: string
  label: string
  count?: number
  urgent?: boolean
}
