namespace Engine.Core;
