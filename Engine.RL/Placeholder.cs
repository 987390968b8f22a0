namespace Engine.RL;
