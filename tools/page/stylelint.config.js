export default {
  extends: "stylelint-config-recommended",
  rules: {
    // The sheet is in the order of the page, part by part; a part that comes later may well have simpler selectors.
    "no-descending-specificity": null,
  },
};
