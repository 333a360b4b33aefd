/** phyllo: deep learning wherever JavaScript runs. */
import './node';

export * from './api';
